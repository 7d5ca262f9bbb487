-- How far this service has read each partition of a log.
create table positions (
  log text not null,
  partition integer not null,
  -- The first record that is not passed: all before it are done, or wait in rows of their own.
  next bigint not null default 0,
  -- When that was last written; null as long as nothing was read.
  moved_at timestamptz,
  -- Counts up with each process that begins to read the partition, and where an operator moves the position.
  -- A process that reads in an earlier turn writes nothing any more.
  turn integer not null default 0,
  -- The process that reads it, where the log shares nothing out by itself.
  held_by uuid,
  -- How many records were gone before they were read.
  missed bigint not null default 0,
  primary key (log, partition)
);

-- Records that cannot be read. The log is read on behind them.
create table set_aside (
  log text not null,
  partition integer not null,
  position bigint not null,
  content text not null,
  reason text not null,
  set_aside_at timestamptz not null default now(),
  primary key (log, partition, position)
);

-- The processes of this service among which the partitions of a log are shared out, where the log does not do
-- so by itself. One counts as long as it is alive.
create table readers (
  log text not null,
  instance uuid not null references instances on delete cascade,
  primary key (log, instance)
);

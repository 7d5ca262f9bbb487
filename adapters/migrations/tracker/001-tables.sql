-- A read model and nothing more: how far the steps of every style have come, in the order in which the
-- tracker was told, without a gap. It holds nothing of the person.
create table feed_position (position bigint not null);
insert into feed_position values (0);

create table feed (
  position bigint primary key,
  event_id uuid not null unique,
  signup_id uuid not null,
  style text not null,
  step text not null,
  kind text not null,
  attempts integer not null,
  detail text,
  -- In the signup's own time, which may have been moved.
  happened_at timestamptz not null,
  -- By the clock. With the time of the row, not of its transaction, it grows as the positions do.
  noted_at timestamptz not null default clock_timestamp()
);
create index feed_age on feed using brin (noted_at);

-- How far the tracker has read what each service tells: all up to there is noted, or was never committed.
create table read_up_to (
  service text primary key,
  position bigint not null
);

-- The present state of each step, and of each signup as far as its steps tell.
create table steps (
  signup_id uuid not null,
  step text not null,
  kind text not null,
  attempts integer not null,
  detail text,
  at timestamptz not null,
  primary key (signup_id, step)
);
create index steps_parked on steps (signup_id) where kind = 'parked';
create index steps_age on steps using brin (at);

create table signups (
  signup_id uuid primary key,
  style text not null,
  status text not null,
  started_at timestamptz not null,
  notified_at timestamptz,
  ended_at timestamptz
);
create index signups_newest on signups (started_at desc, signup_id desc);

-- Up to when nothing of the orchestration is missing, whatever the observers did not see: one row, once that
-- is so.
create table caught_up (
  until timestamptz not null,
  is_only boolean primary key default true check (is_only)
);

create view shown_feed as
  select position, signup_id, style, step, kind, attempts, detail, happened_at, noted_at from feed;
create view shown_steps as
  select steps.signup_id, style, step, kind, attempts, detail, at from steps join signups using (signup_id);
create view shown_signups as select signup_id, style, status, started_at, notified_at, ended_at from signups;

-- The api is the edge of the accounts service and has its role: it may read views of the tracker, and no
-- table.
grant usage on schema tracker to duet_accounts;
grant select on shown_feed, shown_steps, shown_signups to duet_accounts;

-- What every service that plays in the chain has in its own schema.

-- Events this service tells: written with the state they tell of, published by the relay, marked once
-- confirmed.
create table outbox (
  id uuid primary key,
  position bigint generated always as identity,
  signup_id uuid not null,
  -- What the event is listened to by.
  key text not null,
  envelope jsonb not null,
  written_at timestamptz not null default now(),
  sent_at timestamptz,
  -- How often it was to be told again: what was published before that does not count as sent.
  retold integer not null default 0
);
create index outbox_unsent on outbox (position) where sent_at is null;
-- Rows come and go in the order of time: a range index finds the old ones, and costs the live path next to
-- nothing.
create index outbox_sent on outbox using brin (sent_at);
-- By it the tracker reads on from where it was. The numbers only grow, so it is written at its end, which
-- costs next to nothing.
create index outbox_position on outbox (position);
-- Whether everything that was told of a signup has been heard is looked up before its clock is moved.
create index outbox_signup on outbox (signup_id);

-- How far steps have come where no event tells it, for the tracker: attempts of the chain that failed, and
-- the steps of workflows as their workers see them. Numbered along with the events, so that both are one
-- list.
create table observations (
  position bigint primary key default nextval('outbox_position_seq'),
  id uuid not null,
  signup_id uuid not null,
  style text not null,
  step text not null,
  kind text not null,
  attempts integer not null,
  detail text,
  at timestamptz not null,
  written_at timestamptz not null default now()
);
create index observations_age on observations using brin (written_at);

-- All that the tracker may know: what an event speaks of without whom, and what was observed. Its numbers
-- have gaps where a transaction came to nothing.
create view told as
  select position, id, signup_id, envelope ->> 'style' as style, envelope ->> 'type' as type,
         envelope #>> '{data,channel}' as channel, envelope #>> '{data,purpose}' as purpose,
         null as step, null as kind, coalesce((envelope ->> 'attempts')::integer, 1) as attempts,
         -- Providers quote whom they were to reach.
         regexp_replace(
           coalesce(envelope #>> '{data,reason}', envelope #>> '{data,message}'),
           '\S+@\S+|\+\d{7,15}', '…', 'g') as detail,
         (envelope ->> 'time')::timestamptz as at
  from outbox
  union all
  select position, id, signup_id, style, null, null, null, step, kind, attempts, detail, at from observations;
grant select on told to duet_tracker;

-- Events this service was told, one row per queue and message: done, waiting for its next attempt, or parked.
create table deliveries (
  queue text not null,
  message_id uuid not null,
  signup_id uuid not null,
  -- As long as there may be another attempt.
  envelope jsonb check (envelope is not null or state = 'done'),
  state text not null check (state in ('done', 'waiting', 'parked')),
  attempts integer not null,
  due_at timestamptz,
  last_error text,
  claimed_by uuid,
  received_at timestamptz not null default now(),
  done_at timestamptz,
  primary key (queue, message_id)
);
create index deliveries_due on deliveries (due_at) where state = 'waiting';
create index deliveries_open on deliveries (signup_id) where state <> 'done';
create index deliveries_done on deliveries using brin (done_at);

-- What is due later in a signup's life: reminders, deadlines. A due timer becomes a delivery, which is
-- claimed, so it needs no claim of its own.
create table timers (
  signup_id uuid not null,
  style text not null,
  name text not null,
  due_at timestamptz not null,
  about jsonb not null default '{}',
  primary key (signup_id, name)
);
create index timers_due on timers (due_at);

-- How far a signup's own time is ahead of the clock: one row per signup that was fast-forwarded, none for all
-- others.
create table clocks (
  signup_id uuid primary key,
  ahead interval not null,
  moved_at timestamptz not null default now()
);
create index clocks_age on clocks using brin (moved_at);

-- The processes of this service that are alive. A claim lives as long as the process that made it.
create table instances (
  id uuid primary key,
  alive_until timestamptz not null
);

-- What is to be told again, as long as the relays have not made all of it unsent: under these keys or all,
-- sent after `since`, and no later than `until`, the time at which they began.
create table retellings (
  id uuid primary key,
  keys text[],
  since timestamptz,
  until timestamptz,
  signup_id uuid,
  asked_at timestamptz not null default now()
);

-- What this service listens to, and when it last saw that all of it was on the broker and nothing waited
-- there: one row, once that is so.
create table topology (
  bindings text[] not null,
  seen_at timestamptz not null,
  is_only boolean primary key default true check (is_only)
);

-- What a timer is about travels with it. A due timer becomes a delivery, which is claimed, so it needs no claim of its own.
alter table timers drop column claimed_by;
alter table timers add column about jsonb not null default '{}';

-- How far a signup's own time is ahead of the clock: one row per signup that was fast-forwarded, none for all others.
create table clocks (
  signup_id uuid primary key,
  ahead interval not null,
  moved_at timestamptz not null default now()
);
create index clocks_age on clocks using brin (moved_at);

-- Who moves a signup's clock looks whether everything that was told of it has been heard.
create index outbox_signup on outbox (signup_id);

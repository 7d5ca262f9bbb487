-- One row per message that was to leave: claimed before it is sent, recorded after.
create table sends (
  signup_id uuid not null,
  purpose text not null,
  channel text not null,
  state text not null check (state in ('claimed', 'sent', 'undeliverable', 'skipped')),
  claimed_by uuid,
  reason text,
  claimed_at timestamptz not null default now(),
  recorded_at timestamptz,
  primary key (signup_id, purpose, channel)
);

create index sends_age on sends using brin (claimed_at);

-- How far a signup has come, as far as its messages show: what belongs to an earlier stage is skipped.
create table stages (
  signup_id uuid primary key,
  stage text not null check (stage in ('activated', 'closed')),
  reached_at timestamptz not null default now()
);
create index stages_age on stages using brin (reached_at);

-- As in the schema of accounts; this service sets no timers.
grant usage on schema notifications to duet_clock;
grant select (id, signup_id, key) on outbox to duet_clock;
grant select (queue, message_id, signup_id, state, due_at), update (due_at) on deliveries to duet_clock;
grant select, insert, update on clocks to duet_clock;

-- The tracker may read what is told, by the view that says no more than it needs.
grant usage on schema notifications to duet_tracker;

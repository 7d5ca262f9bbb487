-- An account is the entity that every style acts on. A tombstone is a closed row without an address: `closeAccount`
-- came first.
create table accounts (
  signup_id uuid primary key,
  style text,
  status text not null check (status in ('pending', 'active', 'closed')),
  email text,
  phone text,
  name text,
  opened_at timestamptz not null,
  verify_by timestamptz,
  activated_at timestamptz,
  closed_at timestamptz,
  close_reason text check (close_reason in ('expired', 'undeliverable', 'cancelled')),
  notified_at timestamptz,
  -- How each channel was reached.
  notified jsonb,
  reminders integer not null default 0,
  -- The join of the chain: how channels were reached, as far as is known.
  welcome jsonb not null default '{}',
  check (status = 'closed' or (style is not null and email is not null and verify_by is not null))
);
-- Addresses are ASCII. Their case is that of ASCII too, whatever the language of the database: in Turkish, I
-- is not i.
create unique index accounts_address_taken on accounts (lower(email collate "C")) where status in ('pending', 'active');
create index accounts_latest on accounts (opened_at desc);

-- What was asked for under which id, for the chain: repeating a key must find the first answer, refusals
-- included.
create table requests (
  signup_id uuid primary key,
  request jsonb not null,
  refusal text,
  refusal_message text,
  requested_at timestamptz not null
);
-- Requests are removed once their key may be forgotten.
create index requests_age on requests using brin (requested_at);

-- An operator's tool moves clocks, and belongs to no service: it may look at what waits, and move when that
-- is due. Of events it sees no contents.
grant usage on schema accounts to duet_clock;
grant select (id, signup_id, key) on outbox to duet_clock;
grant select (queue, message_id, signup_id, state, due_at), update (due_at) on deliveries to duet_clock;
grant select (signup_id, name, due_at), update (due_at) on timers to duet_clock;
grant select, insert, update on clocks to duet_clock;

-- The tracker may read what is told, by the view that says no more than it needs.
grant usage on schema accounts to duet_tracker;

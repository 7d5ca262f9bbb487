-- The tables of the plain chain: two services, each with its outbox and its deliveries.
create schema accounts;
create table accounts.requests (signup_id uuid primary key, request jsonb not null, requested_at timestamptz not null);
create table accounts.accounts (
  signup_id uuid primary key,
  status text not null,
  email text not null,
  phone text,
  name text,
  opened_at timestamptz not null,
  verify_by timestamptz not null,
  welcome_email text,
  welcome_sms text,
  notified_at timestamptz
);
create unique index accounts_address_taken on accounts.accounts (lower(email)) where status in ('pending', 'active');
create table accounts.outbox (
  id uuid primary key,
  position bigint generated always as identity,
  event jsonb not null,
  sent_at timestamptz
);
create index outbox_unsent on accounts.outbox (position) where sent_at is null;
create table accounts.deliveries (
  queue text not null,
  message_id uuid not null,
  done_at timestamptz not null default now(),
  primary key (queue, message_id)
);
create schema notifications;
create table notifications.outbox (like accounts.outbox including all);
create table notifications.deliveries (like accounts.deliveries including all);
create table notifications.sends (
  signup_id uuid not null,
  channel text not null,
  claimed_until timestamptz not null,
  sent_at timestamptz,
  primary key (signup_id, channel)
);

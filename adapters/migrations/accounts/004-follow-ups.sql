-- What is to be looked at later in the life of a signup whose request is over: a row as long as there is
-- something, of styles in which nothing else comes back to a signup.
create table follow_ups (
  signup_id uuid primary key references accounts,
  style text not null,
  -- What is due.
  visit text not null,
  due_at timestamptz not null
);
create index follow_ups_due on follow_ups (due_at);

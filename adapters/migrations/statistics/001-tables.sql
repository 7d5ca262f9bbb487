-- What is counted of each signup. A row per signup, not a sum: it may be told twice, and in any order.
create table signups (
  signup_id uuid primary key,
  style text not null,
  -- In the signup's own time. Null where only the outcome was heard of.
  opened_on date,
  outcome text
);

-- Signups by the day on which their account was opened, and what became of them.
create view days as
  select style, opened_on as day, count(*) as opened,
         count(*) filter (where outcome = 'activated') as activated,
         count(*) filter (where outcome = 'expired') as expired,
         count(*) filter (where outcome = 'undeliverable') as undeliverable
  from signups where opened_on is not null group by style, opened_on;

-- When an entry was noted, by the clock. When it happened is in the signup's own time, which may have been moved; before there was
-- such a thing the two were the same. With the time of the row, not of its transaction, it grows as the positions do.
alter table feed add column noted_at timestamptz;
update feed set noted_at = happened_at;
alter table feed alter column noted_at set default clock_timestamp(), alter column noted_at set not null;

create or replace view shown_feed as
  select position, signup_id, style, step, kind, attempts, detail, event, happened_at, noted_at from feed;

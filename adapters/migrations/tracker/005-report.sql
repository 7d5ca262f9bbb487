-- What is open is counted for a report every second: of each kind there are few among many that are done.
drop index steps_parked;
create index steps_open on steps (signup_id) where kind in ('retrying', 'parked');

-- How long the latest of a style took until they were notified.
create index signups_notified on signups (style, notified_at desc) include (started_at) where notified_at is not null;

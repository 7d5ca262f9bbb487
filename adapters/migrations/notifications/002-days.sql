-- Who moves clocks belongs to no service: it may look at what waits, and move when that is due. Of events it sees no contents.
grant usage on schema notifications to duet_clock;
grant select (id, signup_id, key) on outbox to duet_clock;
grant select (queue, message_id, signup_id, state, due_at), update (due_at) on deliveries to duet_clock;
grant select, insert, update on clocks to duet_clock;

-- The tracker may read what is told, by the view that says no more than it needs.
grant usage on schema notifications to duet_tracker;

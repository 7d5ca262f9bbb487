-- Events take the way of their signup's style, and each way is worked off by itself.

-- Computed, so that rows from before and those of processes that know no column have it, too.
alter table outbox add column style text generated always as (envelope ->> 'style') stored;
drop index outbox_unsent;
create index outbox_unsent on outbox (style, position) where sent_at is null;

-- Whose events are to be told again: of one style, or of all.
alter table retellings add column style text;

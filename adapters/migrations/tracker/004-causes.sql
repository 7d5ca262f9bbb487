-- By which event an entry came, what caused that, and whose rows told it. Of entries from before, that is not known.
alter table feed
  add column event text,
  add column causation_id uuid,
  add column source text not null default 'tracker';

-- What was started together with a signup has the same name.
alter table signups add column group_name text;
create index signups_of_group on signups (group_name, started_at desc, signup_id desc) where group_name is not null;

create or replace view shown_feed as
  select position, signup_id, feed.style, step, kind, attempts, detail, happened_at, noted_at, event_id, event, causation_id, source,
         group_name
  from feed left join signups using (signup_id);
create or replace view shown_signups as
  select signup_id, style, status, started_at, notified_at, ended_at, group_name from signups;

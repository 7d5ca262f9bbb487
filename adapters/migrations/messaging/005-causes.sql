-- What is shown of a step besides: by which event it came, and of the first one with which others its signup was started.
alter table observations add column causation_id uuid;
alter table observations add column group_name text;
create or replace view told as
  select position, id, signup_id, envelope ->> 'style' as style, envelope ->> 'type' as type,
         envelope #>> '{data,channel}' as channel, envelope #>> '{data,purpose}' as purpose,
         null as step, null as kind, coalesce((envelope ->> 'attempts')::integer, 1) as attempts,
         -- Providers quote whom they were to reach.
         regexp_replace(
           coalesce(envelope #>> '{data,reason}', envelope #>> '{data,message}'),
           '\S+@\S+|\+\d{7,15}', '…', 'g') as detail,
         (envelope ->> 'time')::timestamptz as at, (envelope ->> 'causationid')::uuid as causation_id,
         envelope ->> 'group' as group_name
  from outbox
  union all
  select position, id, signup_id, style, null, null, null, step, kind, attempts, detail, at, causation_id, group_name
  from observations;

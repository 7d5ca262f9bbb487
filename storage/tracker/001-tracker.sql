-- A read model and nothing more: what happened, in the order in which the tracker was told, without a gap.
create table feed_position (position bigint not null);
insert into feed_position values (0);

create table feed (
  position bigint primary key,
  event_id uuid not null unique,
  signup_id uuid not null,
  style text not null check (style in ('choreography', 'orchestration')),
  kind text not null,
  happened_at timestamptz not null,
  detail jsonb not null
);
create index feed_of_signup on feed (signup_id, position);

create view timeline as select position, signup_id, style, kind, happened_at, detail from feed;

-- The api is the edge of the accounts service and has its role: it may read views of the tracker, and no table.
grant usage on schema tracker to duet_accounts;
grant select on timeline to duet_accounts;

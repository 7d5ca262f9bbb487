-- Up to when nothing of the orchestration is missing, whatever the observers did not see: one row, once that is so.
create table caught_up (
  until timestamptz not null,
  is_only boolean primary key default true check (is_only)
);

-- The reminders that are counted already: a log may tell again of one whose delivery is forgotten.
alter table accounts add column reminded text[] not null default '{}';
update accounts set reminded = (array['reminder-1', 'reminder-2', 'reminder-3'])[1:reminders] where reminders > 0;

-- Of a style that leaves neither events nor histories the list says what became of its signups.
grant usage on schema tracker to duet_statistics;
grant select on shown_signups to duet_statistics;

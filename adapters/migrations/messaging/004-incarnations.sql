-- Which incarnation of its log a position is in: a log that was deleted and made again has another. Null where
-- that is not known.
alter table positions add column incarnation text;
-- How often the partition was found made anew, and read from its beginning.
alter table positions add column remade integer not null default 0;

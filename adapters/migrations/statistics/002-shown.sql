-- The api shows what was counted, and nothing of which signup.
grant usage on schema statistics to duet_accounts;
grant select on days to duet_accounts;

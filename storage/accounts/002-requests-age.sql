-- Requests are removed once their key may be forgotten.
create index requests_age on requests (requested_at);

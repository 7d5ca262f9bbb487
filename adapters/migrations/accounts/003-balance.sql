-- What an account holds, in cents of a euro.
alter table accounts add column balance_cents bigint not null default 0;

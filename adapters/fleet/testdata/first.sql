CREATE TABLE fleet_meta (version INTEGER NOT NULL);
INSERT INTO fleet_meta (version) VALUES (1);
INSERT INTO fleet_connection (name, provider, state, consent, next_list_at, added_at, changed_at) VALUES ('shop', 'mypos', 'active', 'c0ffee', '2026-12-01T06:00:00.000000Z', '2026-11-30T06:00:00.000000Z', '2026-11-30T06:00:00.000000Z');
INSERT INTO fleet_unit (connection, next_at) VALUES (1, '2026-11-30T12:00:00.000000Z');
INSERT INTO fleet_account (connection, account_id, iban, unit, kind, failed, next_at, fetched_at, good_call, added_at) VALUES (1, '50044620073', 'BG57INTF40015004462007', 1, 'unavailable', 1, '2026-11-30T12:00:00.000000Z', '2026-11-30T06:00:01.000000Z', 1, '2026-11-30T06:00:00.000000Z');
INSERT INTO fleet_call (connection, unit, worker, started_at, ended_at, state) VALUES (1, 1, 'first', '2026-11-30T06:00:00.000000Z', '2026-11-30T06:00:01.000000Z', 'done');
INSERT INTO fleet_call (connection, unit, worker, started_at, ended_at, state) VALUES (1, 1, 'first', '2026-11-30T06:01:00.000000Z', '2026-11-30T06:01:01.000000Z', 'done');
INSERT INTO fleet_call (connection, unit, worker, started_at, ended_at, state) VALUES (1, 1, 'first', '2026-11-30T06:02:00.000000Z', '2026-11-30T06:03:01.000000Z', 'unknown');
INSERT INTO fleet_balance (account, call, position, iban, type, provider_type, amount, currency, credit_lines, as_of, reference_date, received_at, request_id, warnings) VALUES (1, 1, 0, 'BG57INTF40015004462007', 'interimAvailable', 'available', '-4.200', 'PLN', '[{"included":true,"type":"available","amount":"100.00","currency":"PLN"}]', '2026-11-30T06:00:00.123456Z', '2026-11-29', '2026-11-30T06:00:01.000000Z', 'r1', 'one
two');
INSERT INTO fleet_failure (call, connection, account, at, kind, origin, status, operation) VALUES (2, 1, 1, '2026-11-30T06:01:01.000000Z', 'unavailable', 'provider', 503, 'get balances');

-- active, disabled (may not sign in until enabled) or deleted (what is left of an account whose messages stay).
ALTER TABLE accounts ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
-- The last question of a command line that a server has answered: it knew then of everything committed before.
ALTER TABLE servers ADD COLUMN confirmed BIGINT;

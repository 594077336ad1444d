import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Server } from "../../e2e/support/server";

/** Whose account is copied. */
const MODEL = "guest";

/**
 * Makes so many accounts, all in `general`, while the server is down. They are copies of one account, made in the
 * database: one command per account, as in `chinwag user add`, would take ten minutes for 10,000 of them. Whole rows
 * are copied, so that this need not know the columns.
 */
export const makePeople = async (server: Server, count: number): Promise<void> => {
  await server.command(["user", "add", MODEL]);
  const sql = `
    BEGIN;
    CREATE TEMP TABLE numbers AS
      WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < ${count - 1})
      SELECT i FROM counted;
    CREATE TEMP TABLE people AS SELECT accounts.* FROM accounts, numbers WHERE name = '${MODEL}';
    UPDATE people SET id = (SELECT max(id) FROM accounts) + rowid, name = '${MODEL}' || rowid;
    INSERT INTO accounts SELECT * FROM people;
    CREATE TEMP TABLE places AS SELECT members.* FROM members, numbers
      WHERE account = (SELECT id FROM accounts WHERE name = '${MODEL}');
    UPDATE places SET account = (SELECT id FROM accounts WHERE name = '${MODEL}' || places.rowid);
    INSERT INTO members SELECT * FROM places;
    COMMIT;`;
  await promisify(execFile)("sqlite3", ["-bail", join(server.data, "chinwag.db"), sql]);
};

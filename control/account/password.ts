import { hash, verify } from '@node-rs/argon2';

// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane; about 20 ms.
const argon2id = 2;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A password as it may be stored. */
export const hashPassword = (password: string): Promise<string> => hash(password, cost);

// Of a password that nobody knows any more, at the cost above: what strangers are measured against.
const nobodys = '$argon2id$v=19$m=19456,t=2,p=1$MuwWEjWTzoxDkV0J1I7ZlA$374KEpiQMTuFIRkSWs3NH7JYZs5mnPX/IQUN7/CPG1A';

/**
 * Is this the password? Without a stored hash (no such user) the same work is done for nothing, so
 * that the time of the answer does not tell who has an account.
 */
export async function isPassword(stored: string | undefined, password: string): Promise<boolean> {
  return (await verify(stored ?? nobodys, password)) && stored !== undefined;
}

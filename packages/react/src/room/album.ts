/** The place of one of several pictures, of twelve columns, and its size in CSS pixels where there is room. */
export interface AlbumPlace {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

/** The width of an album; its height is never above 400. */
const WIDTH = 398;
const GAP = 6;
const TALL = 196;
const LOW = 128;

/** How many pictures are in each row, by how many there are. */
const ROWS = ["", "1", "2", "12", "22", "23", "33", "223", "233", "333", "334"];

/** The places of so many pictures, in rows that fill the album. */
export const albumOf = (count: number): AlbumPlace[] => {
  const rows = [...(ROWS[count] ?? "4".repeat(Math.ceil(count / 4)))].map(Number);
  return rows.flatMap((across) =>
    Array<AlbumPlace>(across).fill({
      columns: 12 / across,
      width: (WIDTH - GAP * (across - 1)) / across,
      height: across > 2 || rows.length > 2 ? LOW : TALL,
    }),
  );
};

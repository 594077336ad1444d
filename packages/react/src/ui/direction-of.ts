/** What people write has the direction of its first letter; a placeholder has that of the page. */
export const directionOf = ({ value }: { readonly value?: unknown }): "auto" | undefined =>
  value === undefined || value === "" ? undefined : "auto";

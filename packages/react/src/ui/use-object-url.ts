import { useEffect, useState } from "react";

/** An object URL for a blob, valid while the component is mounted. */
export const useObjectUrl = (bytes: Blob): string | undefined => {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(bytes);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url;
};

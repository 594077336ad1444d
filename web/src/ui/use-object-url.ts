import { useEffect, useState } from "react";

/** An address for bytes in this browser, for as long as it is drawn. */
export const useObjectUrl = (bytes: Blob): string | undefined => {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(bytes);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url;
};

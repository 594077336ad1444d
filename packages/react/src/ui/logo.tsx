/** The logo: a speech bubble with a grin. */
export const Logo = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path
      fill="#ef8a4c"
      d="M16 2.500c7.9 0 14 5.2 14 12.100s-6.1 12.1-14 12.100c-1.5 0-3-.2-4.3-.55L5.6 29.400c-.75.4-1.6-.3-1.350-1.100l1.5-4.900C3.4 21.2 2 18.1 2 14.6 2 7.7 8.1 2.5 16 2.500Z"
    />
    <path
      fill="none"
      stroke="#12372f"
      strokeWidth="3.4"
      strokeLinecap="round"
      d="M8.8 15.600c1.5 3.3 4.1 5 7.2 5s5.7-1.7 7.2-5"
    />
  </svg>
);

import { Component, type ReactNode } from "react";

interface Props {
  /** The row. When it changes, it may be possible to draw it. */
  readonly of: unknown;
  /** What stands in place of a row that can't be drawn. */
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

/** A message that can't be drawn takes no other one along. */
export class RowBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ of }: Props) {
    if (this.state.failed && of !== this.props.of) this.setState({ failed: false });
  }

  override render() {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}

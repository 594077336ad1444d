import { Component, type ReactNode } from "react";

interface Props {
  /** A change of it means that there is something else to draw. */
  readonly of?: unknown;
  /** What stands in place of what can't be drawn; `retry` tries again. */
  readonly instead: (retry: () => void) => ReactNode;
  readonly children: ReactNode;
}

/** What can't be drawn takes nothing else along. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ of }: Props) {
    if (this.state.failed && of !== this.props.of) this.#retry();
  }

  #retry = (): void => this.setState({ failed: false });

  override render() {
    return this.state.failed ? this.props.instead(this.#retry) : this.props.children;
  }
}

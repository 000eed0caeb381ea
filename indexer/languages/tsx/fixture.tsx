import { useState } from "react";

interface Props {
  title: string;
}

// A card.
export function Card({ title }: Props): JSX.Element {
  const [open, setOpen] = useState<boolean>(false);
  return <Panel onClick={() => setOpen(!open)}>{title}<Icon name="x" /></Panel>;
}

export const List = (props: Props) => <Card title={props.title} />;

describe('a square', () => {
  it('has an area', async () => {
    expect(area(4)).toBe(16);
  });
});
test.only("doubles", function () { double(2); });

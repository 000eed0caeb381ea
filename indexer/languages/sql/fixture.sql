-- A fixture.
CREATE SCHEMA shapes;
CREATE TYPE suit AS ENUM ('hearts', 'spades');
CREATE SEQUENCE shape_id START 1;

/* The shapes. */
CREATE TABLE IF NOT EXISTS shapes.shape (
  id INTEGER PRIMARY KEY DEFAULT nextval('shape_id'),
  side NUMERIC(8, 2) NOT NULL,
  "the name" VARCHAR(40),
  owner_id INTEGER REFERENCES person (id) ON DELETE CASCADE,
  CONSTRAINT positive CHECK (side > 0)
);

CREATE UNIQUE INDEX shape_side ON shapes.shape (side);

CREATE OR REPLACE VIEW large_shape AS
  SELECT s.id, area(s.side) AS area, count(*) OVER w
  FROM shapes.shape s
  JOIN person p ON p.id = s.owner_id
  WHERE s.side > 3;

CREATE MATERIALIZED VIEW totals AS SELECT sum(side) FROM shapes.shape;

CREATE FUNCTION area(side NUMERIC) RETURNS NUMERIC AS $$
BEGIN
  RETURN side * side;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER on_change BEFORE UPDATE ON shapes.shape FOR EACH ROW EXECUTE FUNCTION notify_change();

ALTER TABLE shapes.shape ADD COLUMN color suit;
WITH recent AS (SELECT id FROM large_shape)
INSERT INTO history (shape_id, note) SELECT id, upper('x') FROM recent;
UPDATE shapes.shape SET side = side + 1 WHERE id = 3;
DROP TABLE old_shape;

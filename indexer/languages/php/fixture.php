<!DOCTYPE html>
<?php
declare(strict_types=1);
namespace App\Shapes;

use App\Models\Point;
use App\Models\{Circle, Line as Segment};
use function App\Math\area_of;
use const App\Math\PI;
require_once __DIR__ . '/bootstrap.php';
include 'helpers.php';

const MAX_SIDES = 8;
define('OTHER_SIDES', 9);

/** A shape. */
#[Attribute]
abstract class Shape extends Base implements HasArea, \JsonSerializable
{
    use Named, Counted { name as protected title; }

    public const SIDES = 4, EDGES = 5;
    private static int $count = 0;
    protected ?Point $origin, $other;

    /** Makes one. */
    public function __construct(private readonly float $side, Point ...$points)
    {
        parent::__construct();
        $local = $side * 2;
        $this->origin = new Point($local);
        self::$count++;
    }

    abstract protected function area(): float;

    public static function unit(array &$options = []): static
    {
        return static::make($options, fn (int $x): int => $x * self::SIDES);
    }
}

interface HasArea extends Countable
{
    const UNIT = 'cm';
    public function area(): float;
}

trait Named
{
    public function name(): string { return strtolower($this->label->text); }
}

enum Suit: string
{
    case Hearts = 'H';
    case Spades = 'S';
    public function color(): string { return match ($this) { self::Hearts => 'red', Suit::Spades => 'black' }; }
}

function double(float $value, callable $then): float
{
    static $calls = 0;
    global $config;
    try {
        foreach ($config as $key => $item) { echo area_of($item, PI, $key); }
    } catch (RuntimeException | LogicException $error) {
        return \strlen($error->getMessage());
    }
    $twice = function ($x) use ($value) { return $x + $value; };
    return $then($twice($value)) ?? Segment::between(MAX_SIDES);
}

$shape = new class(1) extends Shape {
    protected function area(): float { return 1.0; }
};
$total = double(2.0, 'floor');

class ShapeTest extends TestCase
{
    public function testArea(): void { $this->assertSame(4.0, (new Circle)->area()); }

    /** @test */
    #[Test]
    public function itHasAName(): void {}
}

it('has sides', function () { expect(double(1, 'ceil'))->toBe(2); });
?>
<p><?= $total ?></p>

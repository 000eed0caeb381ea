{-# LANGUAGE GADTs #-}
-- | A fixture.
module Data.Shapes
  ( Shape (..), area
  ) where

import Data.List (sortBy, nub)
import qualified Data.Map.Strict as Map
import Prelude hiding (lookup)

infixl 6 <+>

maxSides :: Int
maxSides = 8

-- | A shape.
data Shape a
  = Circle { radius :: Double, name, label :: String }
  | Square !Double a
  | Empty
  deriving (Eq, Show)

newtype Wrapper a = Wrapper { unwrap :: a }
type Grid = [[Point]]
data Point = Point Int Int

data Term a where
  Lit :: Int -> Term Int
  Pair :: { left :: Term a } -> Term b

class (Eq a) => HasArea a where
  type Unit a
  area :: a -> Double
  area _ = 0
  perimeter, size :: a -> Double

instance HasArea (Shape b) where
  area (Circle r _ _) = pi * r * r
  area shape@(Square s _)
    | s > 0, Just t <- half s = t * s
    | otherwise = fallback
    where
      fallback = scaled 0
      scaled x = x + s
  area Empty = 0

type family Elem c :: *
type instance Elem [e] = e

-- | Doubles it.
double :: Num a => a -> (a -> b) -> b
double value f = let twice = value + value in f twice

(<+>) :: Point -> Point -> Point
Point a b <+> Point c d = Point (a + c) (b + d)

total, other :: Int
(total, other) = (1, 2)

main :: IO ()
main = do
  line <- getLine
  let count = length line
  mapM_ (\item -> print (item + count)) [x | x <- [1 .. maxSides]]
  case Map.lookup line table of
    Just found -> print found
    Nothing -> putStrLn $ show (radius circle)

pattern Zero :: Int
pattern Zero = 0

foreign import ccall "math.h sin" c_sin :: Double -> Double

prop_area :: Shape Int -> Bool
prop_area shape = area shape >= 0

spec :: Spec
spec = describe "shapes" $ do
  it "has an area" $ do
    area Empty `shouldBe` 0
  it "is empty" $ area Empty `shouldBe` 0

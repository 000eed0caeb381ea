(** A fixture. *)
open Printf
open! Shapes.Circle
include Base
module M = Map.Make (String)

let max_sides = 8
let counter = ref 0 and other, third = (1, 2)

(** A shape. *)
type shape =
  | Circle of float
  | Square of { side : float; mutable name : string }
  | Empty
and 'a grid = 'a list list

type point = { x : int; mutable y : int }
type color = [ `Red | `Green of int ]
type abstract
type t += Extended of int
exception Bad_shape of string * int

external sin_c : float -> float = "caml_sin"

(** Doubles it. *)
let double (value : float) ~scale ?(offset = 1) = value *. scale +. float_of_int offset

let rec area shape = match shape with
  | Circle r when r > 0. -> let local = r *. r in local *. pi
  | Square { side; name = _ } -> List.fold_left (fun acc s -> acc +. s) side [side]
  | Empty -> raise (Bad_shape ("empty", 1))
and perimeter = function
  | Circle r -> r
  | _ -> try area Empty with Not_found -> 0.

let ( +! ) a b = a + b
let () = print_endline (string_of_int (double 2. ~scale:1.0 |> int_of_float))

module Inner = struct
  let helper x = x.y + max_sides
  module type S = sig
    type t
    val make : int -> t
  end
end

module Make (Key : Inner.S) : sig val run : unit -> unit end = struct
  let run () = ignore (Key.make 1)
end

class virtual counter_class (start : int) = object (self)
  inherit base start as super
  val mutable count = start
  method get = count
  method private bump step = count <- count + step; self#get
  method virtual reset : unit
  initializer ignore count
end
class type printable = object method print : unit end

let%test "has an area" = area Empty = 0.
let%test_unit "doubles" = assert (double 1. ~scale:1. = 2.)
let test_area () = assert (area Empty = 0.)

(** A fixture. *)
open Shapes.Circle
include Base.S

(** A shape. *)
type shape = Circle of float | Square of { side : float }
type 'a grid
type point = { x : int; mutable y : int }
exception Bad_shape of string

(** Doubles it. *)
val double : float -> scale:float -> shape option
val ( +! ) : int -> int -> int
external sin_c : float -> float = "caml_sin"

module Inner : sig
  type t
  val make : int -> t
end
module M = Map.Make (String)
module type S = sig
  val run : unit -> unit
end
module Make (Key : S) : S with type t = Key.t
class counter_class : int -> object
  val mutable count : int
  method get : int
  method private bump : int -> unit
end
class type printable = object method print : unit end

[(function_item) (closure_expression)] @scope.function
[(block) (match_arm) (for_expression) (while_expression) (if_expression) (impl_item) (trait_item) (struct_item) (enum_item) (union_item) (type_item) (function_signature_item)] @scope
(mod_item) @scope.class

(function_item name: (_) @name) @definition
(struct_item name: (_) @name) @definition
(enum_item name: (_) @name) @definition
(const_item name: (_) @local.everywhere)
(static_item name: (_) @local.everywhere)

(parameter pattern: (identifier) @parameter)
(parameter pattern: (mut_pattern (identifier) @parameter))
(parameter pattern: (ref_pattern (identifier) @parameter))
(closure_parameters (identifier) @parameter)
(type_parameter name: (type_identifier) @parameter)
(const_parameter name: (identifier) @parameter)

(let_declaration pattern: (identifier) @local.new)
(let_declaration) @after
(let_condition pattern: (identifier) @local.new)
(let_condition) @after
(for_expression pattern: (identifier) @local.everywhere)
(match_pattern . (identifier) @local.new)
(tuple_pattern (identifier) @local.new)
(slice_pattern (identifier) @local.new)
(reference_pattern (identifier) @local.new)
(ref_pattern (identifier) @local.new)
(mut_pattern (identifier) @local.new)
(captured_pattern . (identifier) @local.new)
(or_pattern (identifier) @local)
(tuple_struct_pattern type: (_) (identifier) @local.new)
(tuple_struct_pattern type: (identifier) @skip)
(field_pattern name: (shorthand_field_identifier) @local.new)
(field_pattern pattern: (identifier) @local.new)
((identifier) @skip (#prefix? @skip "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z"))

(scoped_identifier name: (identifier) @skip)
(use_declaration argument: (identifier) @skip)
(use_as_clause alias: (identifier) @local.everywhere)
[(identifier) (type_identifier) (shorthand_field_identifier)] @use

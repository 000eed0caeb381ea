[(function_definition) (lambda_expression) (function_declaration)] @scope.function
[(block) (for_expression) (case_clause) (indented_block) (type_definition)] @scope
[(class_definition) (trait_definition) (object_definition) (enum_definition)] @scope.class

(function_definition name: (identifier) @name) @definition
(class_definition name: (identifier) @name) @definition
(object_definition name: (identifier) @name) @definition
(trait_definition name: (identifier) @name) @definition
(val_definition pattern: (identifier) @local.everywhere)
(var_definition pattern: (identifier) @local.everywhere)
(val_definition pattern: (tuple_pattern (identifier) @local.everywhere))
(class_parameter name: (identifier) @local.everywhere)
(parameter name: (identifier) @parameter)
(binding name: (identifier) @parameter)
(lambda_expression parameters: (identifier) @parameter)
(type_parameters name: (identifier) @parameter)
(enumerator . (identifier) @local)
(enumerator . (tuple_pattern (identifier) @local))
(case_clause pattern: (identifier) @local)
(tuple_pattern (identifier) @local)
(typed_pattern pattern: (identifier) @local)
(capture_pattern name: (identifier) @local)
(case_class_pattern (identifier) @local)
((identifier) @skip (#prefix? @skip "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z"))

(field_expression field: (identifier) @skip)
[(identifier) (type_identifier)] @use

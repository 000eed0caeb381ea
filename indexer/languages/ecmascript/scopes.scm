[(function_declaration) (function_expression) (generator_function_declaration) (generator_function) (arrow_function) (method_definition) (class_static_block)] @scope.function
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body) (class_declaration) (class)] @scope

(function_declaration name: (_) @name) @definition
(generator_function_declaration name: (_) @name) @definition
(class_declaration name: (_) @name) @definition
(function_expression name: (_) @local.everywhere)
(generator_function name: (_) @local.everywhere)
(class name: (_) @local.everywhere)

(variable_declaration (variable_declarator name: (identifier) @local.function))
(lexical_declaration (variable_declarator name: (identifier) @local.everywhere))
(for_in_statement kind: "var" left: (identifier) @local.function)
(for_in_statement kind: ["let" "const"] left: (identifier) @local.everywhere)
(catch_clause parameter: (identifier) @local.everywhere)
(arrow_function parameter: (identifier) @parameter)

(assignment_expression left: [(array_pattern) (object_pattern)] @assigned)
(shorthand_property_identifier_pattern) @local.everywhere
(array_pattern (identifier) @local.everywhere)
(array_pattern (assignment_pattern left: (identifier) @local.everywhere))
(object_assignment_pattern left: (shorthand_property_identifier_pattern) @local.everywhere)
(pair_pattern value: (identifier) @local.everywhere)
(pair_pattern value: (assignment_pattern left: (identifier) @local.everywhere))
(rest_pattern (identifier) @local.everywhere)

(import_clause (identifier) @local.everywhere)
(namespace_import (identifier) @local.everywhere)
(import_specifier name: (identifier) @local.everywhere !alias)
(import_specifier alias: (identifier) @local.everywhere)
(import_specifier name: (identifier) @skip alias: (identifier))
(export_specifier alias: (identifier) @skip)

[(identifier) (shorthand_property_identifier)] @use

; What JavaScript, TypeScript and TSX have in common. No language of its own.
(class_declaration name: (_) @name) @definition.class
(class name: (_) @name) @definition.class
(method_definition name: (property_identifier) @name (#eq? @name "constructor")) @definition.constructor
(method_definition name: (_) @name) @definition.method
(function_declaration name: (_) @name) @definition.function
(generator_function_declaration name: (_) @name) @definition.function
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression left: (member_expression property: (property_identifier) @name) right: [(arrow_function) (function_expression)]) @definition.function
(function_expression name: (_) @name) @definition.function
(lexical_declaration "const" (variable_declarator name: (identifier) @name) @definition.constant)
(variable_declarator name: (identifier) @name) @definition.variable
(variable_declarator name: (identifier) @name value: (object)) @scope
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @definition.method

; Jest, Mocha, Vitest, node:test.
(call_expression function: [(identifier) @_it (member_expression object: (identifier) @_it)] arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)]) (#any-of? @_it "it" "test" "specify" "fit" "xit")) @definition.function @test
(call_expression function: [(identifier) @_describe (member_expression object: (identifier) @_describe)] arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)]) (#any-of? @_describe "describe" "context" "suite")) @scope

(export_statement) @wrapper
(lexical_declaration . (variable_declarator) .) @wrapper
(variable_declaration . (variable_declarator) .) @wrapper
[(arrow_function) (function_expression) (class_static_block)] @scope

(import_statement source: (string) @import)
(export_statement source: (string) @import)
(call_expression function: (identifier) @_require arguments: (arguments . (string) @import) (#eq? @_require "require"))
(call_expression function: (import) arguments: (arguments . (string) @import))
(import_statement) @imports
(import_specifier name: (identifier) @reference.import)
(import_clause (identifier) @reference.import)

(array_pattern (identifier) @local)
(shorthand_property_identifier_pattern) @local
(arrow_function parameter: (identifier) @local)
(catch_clause parameter: (identifier) @local)
(for_in_statement left: (identifier) @local)

(call_expression function: (identifier) @reference.call)
(call_expression function: (member_expression property: (property_identifier) @reference.call))
(new_expression constructor: (identifier) @reference.type)
(new_expression constructor: (member_expression property: (property_identifier) @reference.type))
(member_expression property: (property_identifier) @reference.name)
[(identifier) (shorthand_property_identifier)] @reference.name

(comment) @doc

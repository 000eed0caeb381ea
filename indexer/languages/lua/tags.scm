(function_declaration name: (identifier) @name) @definition.function
(function_declaration name: (dot_index_expression table: (_) @container field: (identifier) @name)) @definition.function
(function_declaration name: (method_index_expression table: (_) @container method: (identifier) @name)) @definition.method
(variable_declaration (assignment_statement (variable_list . name: (identifier) @name) (expression_list . value: (function_definition)))) @definition.function
(assignment_statement (variable_list . name: (identifier) @name) (expression_list . value: (function_definition))) @definition.function
(assignment_statement (variable_list . name: (dot_index_expression table: (_) @container field: (identifier) @name)) (expression_list . value: (function_definition))) @definition.function
(field name: (identifier) @name value: (function_definition)) @definition.function
(field name: (string content: (_) @name) value: (function_definition)) @definition.function
(variable_declaration (assignment_statement (variable_list name: (identifier) @name attribute: (attribute (identifier) @_const)))  (#eq? @_const "const")) @definition.constant
(variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition.variable
(variable_declaration (variable_list name: (identifier) @name)) @definition.variable
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)
(assignment_statement (variable_list . name: (identifier) @name) (expression_list . value: (table_constructor))) @scope
(function_definition) @scope

; busted's; luaunit's functions begin with "test".
((function_declaration name: (identifier) @_name) @test (#prefix? @_name "test" "Test"))
((function_declaration name: [(dot_index_expression field: (identifier) @_name) (method_index_expression method: (identifier) @_name)]) @test (#prefix? @_name "test"))
(function_call name: (identifier) @_it arguments: (arguments . (string content: (_) @name) . (function_definition)) (#any-of? @_it "it" "test")) @definition.function @test
(function_call name: (identifier) @_describe arguments: (arguments . (string content: (_) @name) . (function_definition)) (#any-of? @_describe "describe" "context")) @scope

(function_call name: (identifier) @_require arguments: (arguments . (string) @import) (#any-of? @_require "require" "dofile" "loadfile"))

(parameters name: (identifier) @local)
(for_numeric_clause name: (identifier) @local)
(for_generic_clause (variable_list name: (identifier) @local))

[(goto_statement (identifier) @skip) (label_statement (identifier) @skip) (attribute (identifier) @skip)]
((identifier) @skip (#any-of? @skip "self" "require" "_G"))
(field name: (identifier) @skip)
(function_call name: (identifier) @reference.call)
(function_call name: (dot_index_expression field: (identifier) @reference.call))
(function_call name: (method_index_expression method: (identifier) @reference.call))
(identifier) @reference.name

(comment) @doc

(function_definition name: (word) @name) @definition.function
(declaration_command "readonly" (variable_assignment name: (variable_name) @name) @definition.constant)
(variable_assignment name: (variable_name) @name) @definition.variable

((function_definition name: (word) @_name) @test (#prefix? @_name "test_"))

(command name: (command_name (word) @_source) . argument: (_) @import (#any-of? @_source "source" "."))
(for_statement variable: (variable_name) @local)
(command name: (command_name (word) @skip (#any-of? @skip "source" "." "echo" "printf" "test" "cd" "exit" "set" "eval" "shift" "true" "false" ":")))
(command name: (command_name (word) @reference.call))
(simple_expansion (variable_name) @reference.name)
(expansion (variable_name) @reference.name)

(comment) @doc

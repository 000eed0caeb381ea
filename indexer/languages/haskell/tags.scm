; A type signature and the equations after it are one function.
(header module: (module) @name) @definition.module
(data_type name: (name) @name) @definition.struct
(newtype name: (name) @name) @definition.struct
(type_synomym name: (name) @name) @definition.type
(type_family name: (name) @name) @definition.type
(data_family name: (name) @name) @definition.type
(class name: (name) @name) @definition.interface
(instance name: (name) @name) @scope
(data_constructor (prefix name: (constructor) @name)) @definition.enum_member
(data_constructor (record name: (constructor) @name)) @definition.enum_member
(data_constructor (infix operator: (constructor_operator) @name)) @definition.enum_member
(newtype_constructor name: (constructor) @name) @definition.enum_member
(gadt_constructor name: (constructor) @name) @definition.enum_member
(field name: (field_name (variable) @name)) @definition.field
(pattern_synonym (signature synonym: (constructor) @name)) @definition.constant @clause
(pattern_synonym (equation synonym: (constructor) @name)) @definition.constant @clause
(foreign_import signature: (signature name: (variable) @name)) @definition.function
(class_declarations (signature name: (variable) @name) @declaration.method @clause)
(class_declarations (signature name: (prefix_id (operator) @name)) @declaration.method @clause)
(class_declarations (signature names: (binding_list name: (variable) @name)) @declaration.method)
(declarations (signature name: (variable) @name) @definition.function @clause)
(declarations (signature name: (prefix_id (operator) @name)) @definition.function @clause)
(local_binds (bind name: (variable) @name) @definition.variable)
(function name: (variable) @name) @definition.function @clause
(function name: (prefix_id (operator) @name)) @definition.function @clause
(function (infix operator: (operator) @name)) @definition.function @clause
(function (infix operator: (infix_id (variable) @name))) @definition.function @clause
(bind name: (variable) @name) @definition.function @clause
(bind name: (prefix_id (operator) @name)) @definition.function @clause
(declarations (bind pattern: (tuple element: (variable) @name)) @definition.variable)
(lambda) @scope

; QuickCheck, Hspec, Tasty.
((function name: (variable) @_name) @test (#prefix? @_name "prop_" "test_" "unit_" "hprop_"))
((bind name: (variable) @_name) @test (#prefix? @_name "prop_" "test_" "unit_" "hprop_"))
(infix left_operand: (apply function: (variable) @_it argument: (literal (string) @name)) right_operand: (_) (#any-of? @_it "it" "specify" "testCase" "testProperty" "prop" "test")) @definition.function @test

(import module: (module) @import)
[(import) (exports)] @imports
(import_name variable: (variable) @reference.import)
(import_name type: (name) @reference.import)

(patterns (variable) @local)
(patterns (parens (apply argument: (variable) @local)))
(patterns (parens (apply function: (apply argument: (variable) @local))))
(patterns (tuple element: (variable) @local))
(patterns (as bind: (variable) @local))
(do (bind pattern: (variable) @local))
(do (bind pattern: (tuple element: (variable) @local)))
(generator pattern: (variable) @local)
(alternative pattern: (apply argument: (variable) @local))
(alternative pattern: (apply function: (apply argument: (variable) @local)))
(alternative pattern: (variable) @local)
(pattern_guard pattern: (apply argument: (variable) @local))

(field_update (field_name (variable) @reference.name))
(qualified id: (variable) @reference.call)
(apply function: (variable) @reference.call)
(apply function: (qualified id: (variable) @reference.call))
(infix left_operand: (variable) @reference.call operator: (operator) @_apply (#any-of? @_apply "$" "." "<$>"))
(infix_id (variable) @reference.call)
(name) @reference.type
[(variable) (constructor)] @reference.name

[(comment) (haddock)] @doc

; A rule is found by the class or id that each of its selectors ends with.
(rule_set (selectors [(class_selector (class_name) @name .) (id_selector (id_name) @name)])) @definition.property
(rule_set (selectors [(descendant_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (child_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (sibling_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (adjacent_sibling_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .)])) @definition.property
(rule_set (selectors [(pseudo_class_selector . [(class_selector (class_name) @name .) (id_selector (id_name) @name)]) (pseudo_element_selector . [(class_selector (class_name) @name .) (id_selector (id_name) @name)]) (attribute_selector . [(class_selector (class_name) @name .) (id_selector (id_name) @name)])])) @definition.property
(rule_set (selectors (_ . [(pseudo_class_selector . [(class_selector (class_name) @name .) (id_selector (id_name) @name)]) (descendant_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (child_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (sibling_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .) (adjacent_sibling_selector [(class_selector (class_name) @name .) (id_selector (id_name) @name)] .)]))) @definition.property
(keyframes_statement (keyframes_name) @name) @definition.function
(declaration (property_name) @name (#prefix? @name "--")) @definition.variable

(import_statement (string_value) @import)
(import_statement (call_expression (arguments [(string_value) (plain_value)] @import)))

((plain_value) @reference.name @_value (#prefix? @_value "--"))
(pseudo_class_selector (class_name) @skip .)
[(class_name) (id_name)] @reference.name
(declaration (property_name) @_animation (plain_value) @reference.name (#any-of? @_animation "animation" "animation-name"))

(comment) @doc

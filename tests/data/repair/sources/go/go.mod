module workbench

go 1.19

"""No file of a package imports one that imports it back, at whatever distance, not even for types."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

PACKAGES = ("hubspot_sla", "hubspot_sandbox")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_files_of_a_package_import_each_other_in_one_direction(package: str) -> None:
    graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail("a circle of files: " + " <- ".join(error.args[1]))

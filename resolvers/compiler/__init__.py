"""The compiled read path: a validated query becomes a few statements and one generated function.

The machine, in the order in which an operation goes through it:

1. `selection` collects what is asked, as the specification says: fragments, aliases, merged
   fields, `@skip` and `@include`. The values of the boolean variables used there are part of the
   key of a plan.
2. `planner` walks the selection with the declarations of `schema.reading`. Each relation becomes
   one `Fetch` (see `fetches`): its columns, its to-one joins, and below it the fetches of its
   to-many relations and of the objects that only some may see.
   A root with a resolver of its own is called with `info.context` and its answer is shaped.
   What a declaration does not describe raises `Unplannable`: the operation is never compiled.
3. `writer` and `leaves` write one Python function per fetch, which turns rows into the answer's
   objects; `shaper` puts its text together. `arguments` reads what a field is given.
4. `execution` coerces variables with graphql-core, asks the roots for their `Select` (which holds
   the permission filter), runs the statements from the root down and shapes from the leaves up.

Anything unexpected at run time (a refused cursor, a null where none may be, any exception)
makes `run` answer None, and the caller runs the same operation by the ordinary executor, so that
errors and their paths are always graphql-core's. Nothing depends on this package: without it the
answers are the same bytes, later. `tests/compiler` compares both roads on generated queries.
"""

from __future__ import annotations

from resolvers.compiler.execution import CompiledOperation, compile_operation

__all__ = ["CompiledOperation", "compile_operation"]

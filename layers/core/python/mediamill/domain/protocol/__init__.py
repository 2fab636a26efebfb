"""The protocol, decided purely: from the record and a message to the next move.

    intake     an event of the uploads bucket: open, delete, tell again, or nothing
    turn       a worker's message: work, hand on, do again, or drop
    ending     a hand-over: write the manifest, tidy, or nothing
    overdue    what nobody has spoken of for long, and what ended among the dead letters
    tidying    what the results bucket holds, against what the record lists

Nothing here knows AWS, the clock or chance: the rooms of `mediamill.aws` read, ask here, and carry
out. docs/architecture.md says what happens in each race.
"""

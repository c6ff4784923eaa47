# R16. One message says a term near 2^64. If a node believed it, there would soon be no term left
# for an election, for ever. A message raises the term by a bounded number only, so this one changes
# nothing.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
forge 3 -> 2 18446744073709551614 vote 9 9
forge 1 -> 3 18446744073709551614 append 2 2
run 3000
       0.156  node 2  complains about node 3
       0.156  node 3  complains about node 1
status
       3.156  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.156  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.156  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
kill 1
       3.156  node 1  is killed
run 3000
       4.170  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       4.172  node 2  is candidate in term 3, leader 0, log up to 2, committed 2
       4.174  node 3  is follower in term 3, leader 0, log up to 2, committed 2
       4.176  node 2  is leader in term 3, leader 2, log up to 3, committed 2
       4.177  node 3  is follower in term 3, leader 2, log up to 3, committed 2
       4.180  node 2  commits up to 3
status
       6.156  node 1  is down
       6.156  node 2  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
       6.156  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 3

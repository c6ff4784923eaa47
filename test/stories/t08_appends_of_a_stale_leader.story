# T8. Leader 1 waits for five seconds without contact before it steps down. It was cut off, node 3
# was elected and died, and now node 1 reaches node 2 again, but hears nothing. Its appends are of an
# earlier term: they keep node 2 from campaigning not a moment longer.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 1 election-ms=5000
kill 1
       0.050  node 1  is killed
start 1
       0.050  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.157  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.160  node 1  commits up to 2
isolate 1
run 2500
       1.369  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       1.371  node 3  is candidate in term 3, leader 0, log up to 2, committed 2
       1.373  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       1.375  node 3  is leader in term 3, leader 3, log up to 3, committed 2
       1.376  node 2  is follower in term 3, leader 3, log up to 3, committed 2
       1.378  node 3  commits up to 3
kill 3
       2.856  node 3  is killed
heal 1 2
cut 2 -> 1
messages on
run 250
       2.857  node 2  to 1, term 3: refuse after 2
       2.956  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       2.957  node 2  to 1, term 3: refuse after 2
       3.056  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       3.057  node 2  to 1, term 3: refuse after 2
messages off
run 2000
       4.635  node 2  is pre-candidate in term 3, leader 0, log up to 3, committed 3
status
       5.106  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       5.106  node 2  pre-candidate in term 3, log up to 3 of term 3, on disk 3, committed 3
       5.106  node 3  is down

# T6. Node 2 is connected with all others, and these are connected with node 2 only. The old leader,
# node 1, reaches one node of five: it hears no quorum and steps down. It must not keep node 2 from
# voting and leading, although node 2 hears it all the time.

nodes 5
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 4  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 5  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
cut 1 3
cut 1 4
cut 1 5
cut 3 4
cut 3 5
cut 4 5
run 8000
       1.156  node 1  is follower in term 2, leader 0, log up to 2, committed 2
       1.188  node 5  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.820  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.972  node 4  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       2.659  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       2.661  node 2  is candidate in term 3, leader 0, log up to 2, committed 2
       2.663  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       2.663  node 5  is follower in term 3, leader 0, log up to 2, committed 0
       2.663  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       2.663  node 4  is follower in term 3, leader 0, log up to 2, committed 0
       2.665  node 2  is leader in term 3, leader 2, log up to 3, committed 2
       2.666  node 3  is follower in term 3, leader 2, log up to 3, committed 2
       2.666  node 5  is follower in term 3, leader 2, log up to 3, committed 2
       2.666  node 1  is follower in term 3, leader 2, log up to 3, committed 2
       2.666  node 4  is follower in term 3, leader 2, log up to 3, committed 2
       2.668  node 2  commits up to 3
status
       8.156  node 1  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       8.156  node 2  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
       8.156  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       8.156  node 4  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       8.156  node 5  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
set 2 key0 a
       8.156  node 2  is asked (1): SET key0 a (1 bytes)
run 50
       8.159  node 2  commits up to 4
       8.159  node 2  answers (1): done, index 4
       8.159  world   request 1 done: OK

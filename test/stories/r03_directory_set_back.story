# R3, T61. An old copy of the directory of node 3 is restored. Node 3 would have forgotten entries
# that it acknowledged, and votes. Nodes 1 and 2 remember a later start of its directory, and refuse
# it: node 3 can help nobody to become leader. With its own directory it comes back as if nothing
# had happened.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
copy 3
       0.106  node 3  its directory is copied
kill 3
       0.106  node 3  is killed
start 3
       0.106  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1500
       0.126  node 3  is follower in term 2, leader 1, log up to 2, committed 2
isolate 2
set 1 key0 acknowledged
       1.606  node 1  is asked (1): SET key0 acknowledged (12 bytes)
run 50
       1.610  node 1  commits up to 3
       1.610  node 1  answers (1): done, index 3
       1.610  world   request 1 done: OK
directory 3 set-back
       1.656  node 3  is killed
       1.656  node 3  its directory is now set back
       1.656  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1000
       1.667  node 1  refuses node 3: node 3 has lost data: its data directory is a copy or was set back to an older state, and lacks what it acknowledged; let it come back under a new id (raftctl member replace)
       2.656  node 1  is follower in term 2, leader 0, log up to 3, committed 3
status
       2.656  node 1  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.656  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       2.656  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
kill 1
       2.656  node 1  is killed
heal
run 4000
       2.702  node 2  refuses node 3: node 3 has lost data: its data directory is a copy or was set back to an older state, and lacks what it acknowledged; let it come back under a new id (raftctl member replace)
       2.903  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
status
       6.656  node 1  is down
       6.656  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 2
       6.656  node 3  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 0
directory 3 own
       6.656  node 3  is killed
       6.656  node 3  its own directory is brought back
run 3000
       6.656  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       7.885  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       7.887  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       7.889  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       7.891  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       7.892  node 2  is follower in term 3, leader 3, log up to 2, committed 2
       7.897  node 3  commits up to 4
get 2 key0
       9.656  node 2  is asked (2): GET key0
run 50
       9.661  node 2  answers (2): done, index 4
       9.661  world   request 2 done: acknowledged
